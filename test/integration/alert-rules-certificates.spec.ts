import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { CertificateWatch } from '../../src/modules/alerting/evaluation/certificate-watch.service.js';
import { AlertingRulesConfig } from '../../src/platform/config/index.js';
import { Metrics } from '../../src/platform/observability/index.js';

const FILE = 'test/fixtures/mail/localhost.cert.pem';
const KEY = 'test/fixtures/mail/localhost.key.pem';

describe('the watch over certificates', () => {
  it('tells when those of files and servers end, and which cannot be read', async () => {
    const cert = readFileSync(FILE);
    const expiry = Date.parse(new X509Certificate(cert).validTo) / 1000;
    const server = createServer({ cert, key: readFileSync(KEY) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    try {
      const certificates = [FILE, address, '/nowhere.pem', '127.0.0.1:1'];
      const metrics = new Metrics();
      await new CertificateWatch(Object.assign(new AlertingRulesConfig(), { certificates }), metrics).look();
      const valuesOf = async (name: string): Promise<Record<string, number>> => {
        const { values } = (await metrics.registry.getSingleMetric(`family_assistant_${name}`)?.get()) ?? {
          values: [],
        };
        return Object.fromEntries(values.map(({ labels, value }) => [labels['name'], value]));
      };
      expect(await valuesOf('certificate_expiry_timestamp_seconds')).toEqual({ [FILE]: expiry, [address]: expiry });
      const readable = { [FILE]: 1, [address]: 1, '/nowhere.pem': 0, '127.0.0.1:1': 0 };
      expect(await valuesOf('certificate_readable')).toEqual(readable);
    } finally {
      server.close();
    }
  });
});
