import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One link of a session's lineage. Only the hash of the token is stored. */
@Entity('refresh_tokens')
export class RefreshToken {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'uuid', name: 'session_id', update: false })
  sessionId!: string;

  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column('uuid', { name: 'successor_id', nullable: true })
  successorId!: string | null;

  /** With the token itself it yields the successor, see `refresh-token.ts`. */
  @Column('bytea', { name: 'successor_salt', nullable: true })
  successorSalt!: Buffer | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'replaced_at', nullable: true })
  replacedAt!: Date | null;
}
