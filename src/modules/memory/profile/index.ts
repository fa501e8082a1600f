export { confidenceOf, type Profile, type ProfileFact, type ProfileValue, projectProfile } from './profile.js';
