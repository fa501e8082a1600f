import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { requestContext } from '../http/request-context.js';
import { ACCESS_RULE, ALLOW_REMEMBERED } from './metadata.js';
import { PrincipalSource, type AccessRule, type Principal } from './principal.js';
import { credentialsOf, type AppRequest, type Credential } from './request.js';

/**
 * First guard: finds out who asks. On public routes a credential is welcome and a bad one is ignored; elsewhere the
 * refusal is left to the last guard, so that the limits between them count refused requests as well.
 */
@Injectable()
export class AuthenticateGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly source: PrincipalSource,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AppRequest>();
    const targets = [context.getHandler(), context.getClass()];
    const isPublic = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, targets)?.mode === 'public';
    const [credential, ...others] = credentialsOf(request);
    if (!credential) {
      return true;
    }
    if (others.length > 0) {
      request.refusal = 'ambiguous_credentials';
      return true;
    }
    const allowRemembered =
      request.repeats === undefined &&
      (this.reflector.get<boolean | undefined>(ALLOW_REMEMBERED, context.getHandler()) ?? false);
    const identified = this.identify(credential, allowRemembered);
    // Public routes work without the database: health, above all.
    const principal = await (isPublic ? identified.catch(() => undefined) : identified);
    if (principal) {
      request.principal = principal;
      request.credential = credential.kind;
      const running = requestContext.get();
      if (running) {
        running.userId = principal.userId;
        if (principal.apiKey) running.apiKeyId = principal.apiKey.id;
      }
    } else {
      request.refusal = credential.kind === 'api_key' ? 'invalid_api_key' : 'invalid_token';
    }
    return true;
  }

  private async identify({ kind, token }: Credential, allowRemembered: boolean): Promise<Principal | undefined> {
    if (token === '') return undefined;
    return kind === 'api_key'
      ? this.source.authenticateKey(token, allowRemembered)
      : this.source.authenticate(token, allowRemembered);
  }
}
