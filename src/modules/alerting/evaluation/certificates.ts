import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';

/** Longest wait for a server, in milliseconds. */
const TIME_LIMIT = 10_000;

/**
 * When the first of the certificates ends, in milliseconds since 1970: of a PEM file, or of what a TLS server shows.
 * Whether it is to be trusted does not matter: only its end is read, and nothing is sent.
 * @throws when there is none to be read
 */
export async function expiryOf(place: string): Promise<number> {
  const address = /^(.+):(\d{1,5})$/.exec(place);
  const [, host = '', port = ''] = address ?? [];
  const certificates = address ? [await shownBy(host.replace(/^\[|\]$/g, ''), Number(port))] : await inFile(place);
  const ends = certificates.map((certificate) => Date.parse(certificate.validTo));
  if (ends.length === 0 || ends.some(Number.isNaN)) throw new RangeError('there is no certificate');
  return Math.min(...ends);
}

/** A chain ends with its first certificate that ends. */
async function inFile(path: string): Promise<X509Certificate[]> {
  const text = await readFile(path, 'utf8');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function shownBy(host: string, port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: /^[\d.]+$|:/.test(host) ? '' : host, rejectUnauthorized: false });
    socket.setTimeout(TIME_LIMIT, () => socket.destroy(new Error('no answer')));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
      else reject(new Error('no certificate'));
    });
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error('closed'));
    });
  });
}
