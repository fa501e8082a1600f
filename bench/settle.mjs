/** Loaded into a measured server (`--expose-gc`): at SIGUSR2 it gives back all memory it can, so that idle memory is comparable. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
