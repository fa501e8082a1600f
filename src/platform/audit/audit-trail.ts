import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../database/index.js';
import { requestContext } from '../http/request-context.js';
import { uuidv7 } from '../ids.js';
import { bounded, checkDetails, type AuditDetails, type AuditEvent } from './audit-event.js';

const ADDRESS_LENGTH = 64;
const AGENT_LENGTH = 256;

/**
 * The audit log, as modules write to it: in the transaction that does what is recorded, so that both are there or
 * neither is. What is refused by an error is recorded in a transaction of its own, for the first one is rolled back.
 */
@Injectable()
export class AuditTrail {
  /**
   * Records an event, with the address, the device and the id of the running request, and with the API key by which it
   * came; a job has none of these.
   * Works in every kind of transaction. On behalf of a person, `actorUserId` has to be that person.
   * @throws RangeError for details that may not be kept
   */
  record(tx: Transaction, event: AuditEvent): Promise<void> {
    return this.recordAll(tx, [event]);
  }

  /** The same for several events in one statement; none is no statement. */
  async recordAll(tx: Transaction, events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const context = requestContext.get();
    const client = context?.client;
    const from = {
      address: client ? bounded(client.address, ADDRESS_LENGTH) : null,
      user_agent: client?.userAgent === undefined ? null : bounded(client.userAgent, AGENT_LENGTH),
      request_id: client ? context.requestId : null,
    };
    const byKey = context?.apiKeyId === undefined ? {} : { api_key_id: context.apiKeyId };
    const rows = events.map((event) => {
      const row = toRow(event);
      return { ...row, ...from, details: { ...row.details, ...byKey } };
    });
    await managerOf(tx).query(INSERT, [JSON.stringify(rows)]);
  }
}

const toRow = (event: AuditEvent): { readonly details: AuditDetails } & Readonly<Record<string, unknown>> => ({
  id: uuidv7(),
  action: event.action,
  outcome: event.outcome,
  actor_user_id: event.actorUserId,
  subject_user_id: event.subjectUserId,
  family_id: event.familyId,
  target_type: event.targetType,
  target_id: event.targetId,
  details: checkDetails(event.details ?? {}),
});

const COLUMNS = `id, action, outcome, actor_user_id, subject_user_id, family_id, target_type, target_id, address, user_agent,
  request_id, details`;

const INSERT = `
  INSERT INTO audit_events (${COLUMNS})
  SELECT ${COLUMNS} FROM jsonb_to_recordset($1::jsonb) AS n(id uuid, action text, outcome text, actor_user_id uuid,
    subject_user_id uuid, family_id uuid, target_type text, target_id text, address text, user_agent text, request_id text,
    details jsonb)`;
