import { Injectable, RequestMethod, type OnApplicationBootstrap } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ACCESS_RULE } from './metadata.js';
import type { AccessRule } from './principal.js';

export interface RouteRule {
  readonly handler: string;
  readonly method: string;
  readonly path: string;
  readonly rule: AccessRule | undefined;
}

/** Walks every route by reflection; the start fails when a handler says neither `@Public()` nor a permission. */
@Injectable()
export class RouteAccess implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onApplicationBootstrap(): void {
    const open = this.list().filter(({ rule }) => !rule);
    if (open.length > 0) {
      throw new Error(`Handlers without an access rule: ${open.map(({ handler }) => handler).join(', ')}`);
    }
  }

  /** Every route with its rule. */
  list(): RouteRule[] {
    return this.discovery.getControllers().flatMap(({ instance, metatype }) => {
      if (!instance || !metatype) return [];
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
      return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name] as () => unknown;
        const method = this.reflector.get<RequestMethod | undefined>(METHOD_METADATA, handler);
        if (method === undefined) return [];
        const paths = [this.reflector.get<string | string[]>(PATH_METADATA, handler)].flat();
        const base = this.reflector.get<string | undefined>(PATH_METADATA, metatype) ?? '';
        const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [handler, metatype]);
        return paths.map((path) => ({
          handler: `${metatype.name}.${name}`,
          method: RequestMethod[method],
          path: `${base}/${path}`,
          rule,
        }));
      });
    });
  }
}
