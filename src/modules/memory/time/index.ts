export { findTimes, type FindTimesOptions, type TimeMention } from './find-times.js';
export { parsePartialTime } from './partial-time.js';
export { InvalidTimeError } from './zones.js';
