import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key by which a program acts for a person, within its scopes, in one family. Only the hash of the secret is stored. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'uuid', name: 'user_id', update: false })
  userId!: string;

  /** The family its owner acted in when it was made; it opens no other. */
  @Column({ type: 'uuid', name: 'family_id', nullable: true, update: false })
  familyId!: string | null;

  @Column('text')
  name!: string;

  @Column({ type: 'bytea', name: 'key_hash', select: false })
  keyHash!: Buffer;

  @Column('text')
  hint!: string;

  @Column('text', { array: true })
  scopes!: string[];

  @Column('integer', { name: 'max_requests_per_day', nullable: true })
  maxRequestsPerDay!: number | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}
