import { ApiProperty } from '@nestjs/swagger';
import type { ErasureRow } from '../erasures.repository.js';

class FamilyFate {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['erased', 'left'] })
  fate!: 'erased' | 'left';
}

/** An erasure that was asked for. */
export class ErasureResponse {
  @ApiProperty({ description: 'For `GET /privacy/receipts/{code}`; shown this once', example: 'k3m9x2' })
  receipt_code!: string;

  @ApiProperty({ format: 'date-time', description: 'Until then signing in takes it back' })
  erase_after!: string;

  @ApiProperty({ type: [FamilyFate], description: 'What becomes of your families' })
  families!: readonly FamilyFate[];
}

/** What was erased; names nobody. */
export class ReceiptResponse {
  @ApiProperty({ enum: ['pending', 'done'] })
  state!: 'pending' | 'done';

  @ApiProperty({ format: 'date-time' })
  requested_at!: string;

  @ApiProperty({ format: 'date-time' })
  erase_after!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  erased_at!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How much was erased where',
    example: { memories: 120, sessions: 3, accounts: 1 },
  })
  erased!: Readonly<Record<string, number>>;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Backups made before have it until then',
  })
  backups_until!: string | null;
}

export const toReceiptResponse = (row: ErasureRow): ReceiptResponse => ({
  state: row.done_at === null ? 'pending' : 'done',
  requested_at: row.requested_at.toISOString(),
  erase_after: row.due_at.toISOString(),
  erased_at: row.done_at?.toISOString() ?? null,
  erased: row.erased,
  backups_until: row.backups_until?.toISOString() ?? null,
});
