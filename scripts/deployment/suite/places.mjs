/** Where things are in the container that runs the specs. */

/** The program, its packages and Node's working folder, as the image has them. */
export const PROGRAM_FOLDER = '/app';
/** Specs, their support and packages for development, mounted from the checkout; nothing of it can be written. */
export const SUITE_FOLDER = '/suite';
/**
 * Milliseconds that anything may take, a bound for hangs. More than elsewhere: where images are tested they are built, too.
 */
export const PATIENCE = 300_000;
