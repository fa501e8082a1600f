import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** SpanKind in OTLP (opentelemetry-proto, trace.proto). */
export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** Code of a status in OTLP. */
export const STATUS_ERROR = 2;

/** A span as the collector got it. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** The instrumentation it comes from. */
  readonly scope: string;
  readonly service: string | undefined;
  /** All of it. */
  readonly text: string;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

/** The part of an OTLP/HTTP request in JSON that is of interest. */
interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly (Omit<Span, 'scope' | 'service' | 'text' | 'attributes' | 'links'> & {
        readonly attributes: readonly Attribute[];
        readonly links?: Span['links'];
      })[];
    }[];
  }[];
}

/** Takes spans as an OpenTelemetry collector does (OTLP over HTTP, in JSON). */
export class Collector {
  /** Everything that came, and where to. */
  text = '';
  readonly paths = new Set<string>();
  /** Headers of the last request. */
  headers: IncomingHttpHeaders = {};
  private readonly requests: ExportRequest[] = [];
  private isHolding = false;

  private constructor(private readonly server: Server) {}

  /** @param port a free one unless given */
  static async listen(port = 0): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (collector.isHolding) return;
        const text = Buffer.concat(chunks).toString('utf8');
        collector.text += text;
        collector.paths.add(request.url ?? '');
        collector.headers = request.headers;
        if (request.url === '/v1/traces') collector.requests.push(JSON.parse(text) as ExportRequest);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Accepts from now on and never answers. */
  hold(): void {
    this.isHolding = true;
  }

  spans(): Span[] {
    return this.requests.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ resource, scopeSpans }) => {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
        return scopeSpans.flatMap(({ scope, spans }) =>
          spans.map((span) => ({
            ...span,
            attributes: valuesOf(span.attributes),
            links: span.links ?? [],
            scope: scope.name,
            service,
            text: JSON.stringify(span),
          })),
        );
      }),
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const valuesOf = (attributes: readonly Attribute[]): Span['attributes'] =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
