/** Named checks that are counted and printed as they are made. */

/**
 * @returns {{ check: (what: string, holds: () => unknown) => Promise<void>, fail: (error: Error) => void, failures: () => number, end: () => void }}
 * `check` takes `false` and an exception as failures, and prints a text that it is given back; `end` prints the sum as the
 * last line and sets the exit code
 */
export function newChecks() {
  let passed = 0;
  let failed = 0;
  const fail = (what, error) => {
    failed += 1;
    console.log(`FAILED  ${what}: ${error.message}`);
  };
  return {
    check: async (what, holds) => {
      try {
        const found = await holds();
        if (found === false) throw new Error('is not so');
        passed += 1;
        console.log(`ok      ${what}${typeof found === 'string' && found !== '' ? ` (${found})` : ''}`);
      } catch (error) {
        fail(what, error);
      }
    },
    fail: (error) => {
      fail('what comes before the next check', error);
    },
    failures: () => failed,
    end: () => {
      console.log(`${passed} passed, ${failed} failed`);
      process.exitCode = failed === 0 ? 0 : 1;
    },
  };
}
