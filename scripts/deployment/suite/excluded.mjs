/** What of the end-to-end suite does not run in a container of the server's image, and why. */

/** Files of test/e2e. */
export const FILES = {
  'alert-prometheus.spec.ts': 'starts Prometheus and Alertmanager, which a shell script fetches',
  'authentication-doc.spec.ts': 'starts an identity provider through a program of npm, which needs env and a shell',
  'dashboards.spec.ts': 'asks promtool about each expression, which a shell script fetches',
  'load.spec.ts': 'starts the load test of the checkout, which runs from its sources',
  'readme.spec.ts': 'runs the commands of the README by bash and make',
  'status-page.spec.ts': 'opens the page in Chromium, which a shell script fetches',
};

/** Single tests, by the beginning of their names. */
export const TESTS = {
  'are refused for another version, and for one of which nothing is told':
    'copies by cpSync, which makes a call (stat) that neither the product nor any other spec makes',
  'db shell tells psql': 'its psql is a shell script in the folder for temporary files, where nothing may be executed',
  'does not blame a backup that was restored before': 'its pg_dump and pg_restore are shell scripts in the same folder',
  'are the same by another name': 'makes a symbolic link (symlink), which the product never does',
  'a SIGTERM to the whole group of `make run`': 'there is no make',
};
