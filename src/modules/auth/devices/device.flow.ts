import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TokenResponse } from '../dto/session.response.js';
import { deviceOf, TokenDelivery } from '../token-delivery.js';
import { DeviceSignInService } from './device-sign-in.service.js';
import type { EnrolDeviceRequest, UnlockDeviceRequest } from './dto/device.request.js';
import type { EnrolledDeviceResponse } from './dto/device.response.js';

/** Between the controller and the service: turns requests of devices into sign-ins and tokens into answers. Knows HTTP. */
@Injectable()
export class DeviceFlow {
  constructor(
    private readonly signIns: DeviceSignInService,
    private readonly delivery: TokenDelivery,
  ) {}

  async enrol(body: EnrolDeviceRequest, request: FastifyRequest, reply: FastifyReply): Promise<EnrolledDeviceResponse> {
    const { code, device_name: name, pin, delivery = 'body' } = body;
    const enrolled = await this.signIns.enrol({ code, name, pin, delivery }, deviceOf(request));
    const answer = await this.delivery.deliver(enrolled.tokens, reply);
    return { ...answer, device_id: enrolled.deviceId, device_token: enrolled.deviceToken };
  }

  async unlock(body: UnlockDeviceRequest, request: FastifyRequest, reply: FastifyReply): Promise<TokenResponse> {
    const { device_token, pin, delivery = 'body' } = body;
    return this.delivery.deliver(await this.signIns.unlock(device_token, pin, delivery, deviceOf(request)), reply);
  }
}
