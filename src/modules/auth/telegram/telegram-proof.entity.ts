import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A proof that was used, known until it would have expired. */
@Entity('telegram_proofs')
export class UsedTelegramProof {
  @PrimaryColumn('bytea')
  hash!: Buffer;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
