import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../database/index.js';
import { requestContext } from '../http/request-context.js';
import { uuidv7 } from '../ids.js';
import { bounded, checkDetails, type AuditEvent } from './audit-event.js';

const ADDRESS_LENGTH = 64;
const AGENT_LENGTH = 256;

/**
 * The audit log, as modules write to it: in the transaction that does what is recorded, so that both are there or
 * neither is. What is refused by an error is recorded in a transaction of its own, for the first one is rolled back.
 */
@Injectable()
export class AuditTrail {
  /**
   * Records an event, with the address, the device and the id of the running request; a job has none of these.
   * Works in every kind of transaction. On behalf of a person, `actorUserId` has to be that person.
   * @throws RangeError for details that may not be kept
   */
  async record(tx: Transaction, event: AuditEvent): Promise<void> {
    const context = requestContext.get();
    const client = context?.client;
    await managerOf(tx).query(INSERT, [
      uuidv7(),
      event.action,
      event.outcome,
      event.actorUserId ?? null,
      event.subjectUserId ?? null,
      event.familyId ?? null,
      event.targetType ?? null,
      event.targetId ?? null,
      client ? bounded(client.address, ADDRESS_LENGTH) : null,
      client?.userAgent === undefined ? null : bounded(client.userAgent, AGENT_LENGTH),
      client ? context.requestId : null,
      JSON.stringify(checkDetails(event.details ?? {})),
    ]);
  }
}

const INSERT = `
  INSERT INTO audit_events (id, action, outcome, actor_user_id, subject_user_id, family_id, target_type, target_id, address,
    user_agent, request_id, details)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
