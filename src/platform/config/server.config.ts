import { isIPv4, isIPv6 } from 'node:net';
import { EnvBoolean, EnvChoice, EnvInteger, EnvList, EnvText, EnvUrl } from './env.decorators.js';

export const NODE_ENVS = ['development', 'test', 'production'] as const;
/** Names and addresses of this machine, as a URL has them. */
export const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/** An IP address, or a network in CIDR notation. */
function isNetwork(text: string): boolean {
  const [, address = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

/** Where the server listens and how it treats connections. */
export class ServerConfig {
  @EnvChoice('NODE_ENV', {
    description: 'Environment. `production` switches off what only helps development.',
    choices: NODE_ENVS,
  })
  nodeEnv: (typeof NODE_ENVS)[number] = 'development';

  @EnvText('HOST', { description: 'Address to listen on. `0.0.0.0` for every network interface.' })
  host = '127.0.0.1';

  @EnvInteger('PORT', { description: 'Port to listen on; 0 takes a free one.', min: 0, max: 65535 })
  port = 3000;

  @EnvInteger('MANAGEMENT_PORT', {
    description: 'A second port on the same address that serves `/metrics` and the health endpoints alone.',
    optional: true,
    min: 1,
    max: 65535,
  })
  managementPort?: number;

  @EnvUrl('PUBLIC_URL', {
    description: 'The address under which people reach the server. Links are built from it alone.',
    optional: true,
    protocols: ['http:', 'https:'],
    example: 'https://family.example.org',
    isOrigin: true,
  })
  publicUrl?: string;

  @EnvText('DATA_DIR', { description: 'Folder of the embedded database, of generated secrets and of the outbox.' })
  dataDir = './data';

  @EnvList('CORS_ORIGINS', {
    description: 'Origins of web apps that may call the API from a browser, separated by commas. Never `*`.',
    each: /^https?:\/\/[^/*\s]+$/,
    says: 'each must be an origin such as https://app.example.org',
    example: 'https://app.example.org',
  })
  corsOrigins: string[] = [];

  @EnvList('TRUSTED_PROXIES', {
    description: 'Addresses or networks of reverse proxies whose `X-Forwarded-*` headers are believed.',
    each: isNetwork,
    says: 'each must be an IP address or network',
    example: '10.0.0.0/8',
  })
  trustedProxies: string[] = [];

  @EnvInteger('BODY_LIMIT', { description: 'Largest request body.', unit: 'bytes', min: 1024, max: 16_777_216 })
  bodyLimit = 262_144;

  @EnvInteger('REQUEST_TIMEOUT', {
    description: 'Time a client has to send a whole request.',
    unit: 'seconds',
    min: 1,
    max: 600,
  })
  requestTimeout = 30;

  @EnvInteger('SHUTDOWN_DELAY', {
    description:
      'Time between "not ready" and closing the port, in which load balancers turn away and each answer ends its connection.',
    unit: 'seconds',
    min: 0,
    max: 120,
  })
  shutdownDelay = 0;

  @EnvInteger('SHUTDOWN_TIMEOUT', {
    description: 'Time running requests have to finish after that.',
    unit: 'seconds',
    min: 1,
    max: 300,
  })
  shutdownTimeout = 20;

  @EnvBoolean('DOCS_ENABLED', { description: 'Serve Swagger UI at `/docs`.' })
  docsEnabled = true;

  /** Whether only programs on this machine can connect. */
  get isLoopback(): boolean {
    return LOOPBACK.test(this.host);
  }

  /**
   * Whether people elsewhere may reach the server: directly, or through a proxy on this machine, of which a trusted
   * proxy or a public address tells.
   */
  get isReachable(): boolean {
    const isPublic = this.publicUrl !== undefined && !LOOPBACK.test(new URL(this.publicUrl).hostname);
    return !this.isLoopback || this.trustedProxies.length > 0 || isPublic;
  }

  /** Where links lead, without a slash at the end. Never taken from a request, whose headers anybody can write. */
  get origin(): string {
    return (this.publicUrl ?? `http://${this.host}:${String(this.port)}`).replace(/\/+$/, '');
  }

  get isProduction(): boolean {
    return this.nodeEnv === 'production';
  }
}
