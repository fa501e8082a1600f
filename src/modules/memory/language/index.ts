export { detectLanguage, type TextLanguage } from './detect-language.js';
