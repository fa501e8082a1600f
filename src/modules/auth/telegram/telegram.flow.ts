import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../../platform/security/index.js';
import type { TokenResponse } from '../dto/session.response.js';
import { toIdentityResponse, type IdentityResponse } from '../providers/dto/identity.response.js';
import { deviceOf, TokenDelivery } from '../token-delivery.js';
import type { TelegramLoginRequest, TelegramProofRequest } from './telegram.request.js';
import { TelegramService, type TelegramData } from './telegram.service.js';

/** Between the controller and the service. Knows HTTP. */
@Injectable()
export class TelegramFlow {
  constructor(
    private readonly telegram: TelegramService,
    private readonly delivery: TokenDelivery,
  ) {}

  async signIn(body: TelegramLoginRequest, request: FastifyRequest, reply: FastifyReply): Promise<TokenResponse> {
    const wish = { rememberMe: body.remember_me ?? false, delivery: body.delivery ?? 'body' };
    return this.delivery.deliver(await this.telegram.signIn(dataOf(body), deviceOf(request), wish), reply);
  }

  async link(principal: Principal, body: TelegramProofRequest): Promise<IdentityResponse> {
    return toIdentityResponse(await this.telegram.link(principal, dataOf(body)));
  }
}

function dataOf({ widget, init_data: initData }: TelegramProofRequest): TelegramData {
  const given = Object.entries(widget ?? {}).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return { widget: widget && Object.fromEntries(given), initData };
}
