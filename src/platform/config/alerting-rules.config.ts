import { hostname } from 'node:os';
import { EnvBoolean, EnvInteger, EnvList, EnvText } from './env.decorators.js';

const CERTIFICATE = /^(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$|\.(?:pem|crt|cer)$/;

/** Rules of alerts, and how this process evaluates them. */
export class AlertingRulesConfig {
  @EnvBoolean('ALERTS_EVALUATE', {
    description:
      'Whether this process evaluates the rules of alerts on its own metrics. Switch it off where Prometheus does.',
  })
  evaluate = true;

  @EnvInteger('ALERTS_INTERVAL', {
    description: 'How often metrics are sampled and rules evaluated, and the parts of health asked.',
    unit: 'seconds',
    min: 1,
    max: 60,
  })
  interval = 15;

  @EnvText('ALERTS_RULES_FILE', {
    description:
      'A rule file of your own (docs/ALERT_RULES.md), read after the shipped one: a group of the same name takes the place of the shipped one.',
    optional: true,
    example: '/etc/family-assistant/rules.yaml',
  })
  rulesFile?: string;

  @EnvBoolean('ALERTS_RULES_SHIPPED', {
    description: 'Whether the shipped rules are evaluated. Without them there are only those of ALERTS_RULES_FILE.',
  })
  shipped = true;

  @EnvText('INSTANCE_NAME', {
    description:
      'Name of this process in the label `instance` of its alerts. Default: the name of the machine. Give replicas on one machine different ones.',
    optional: true,
    pattern: /^[\w.:-]{1,64}$/,
    example: 'home-1',
  })
  instanceName?: string;

  @EnvList('ALERTS_CERTIFICATES', {
    description:
      'Certificates whose expiry is watched, separated by commas: `host:port` of a TLS server, or a file that ends in .pem, .crt or .cer.',
    each: (value) => CERTIFICATE.test(value),
    says: 'each must be host:port, or a file that ends in .pem, .crt or .cer',
    example: 'family.example.org:443,/etc/nginx/tls.pem',
  })
  certificates: string[] = [];

  @EnvInteger('ALERTS_SERIES_MAXIMUM', {
    description: 'Most series that are kept for rules; more are left out, which is an alert.',
    min: 100,
    max: 1_000_000,
  })
  seriesMaximum = 20_000;

  @EnvInteger('ALERTS_SERIES_MEMORY', {
    description: 'Most memory that the series for rules take.',
    unit: 'MiB',
    min: 1,
    max: 4096,
  })
  seriesMemory = 64;

  /** Of this process; bounded in length and letters, as it becomes a label. */
  get instance(): string {
    return (
      this.instanceName ??
      (hostname()
        .replace(/[^\w.:-]/g, '-')
        .slice(0, 64) ||
        'localhost')
    );
  }

  /** @returns `[variable, message]` */
  problems(): [string, string][] {
    if (this.shipped || this.rulesFile !== undefined || !this.evaluate) return [];
    return [['ALERTS_RULES_FILE', 'is required with ALERTS_RULES_SHIPPED=false: there would be no rule']];
  }
}
