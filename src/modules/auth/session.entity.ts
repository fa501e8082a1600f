import { Column, Entity, PrimaryColumn } from 'typeorm';

export type Delivery = 'body' | 'cookie';
export type RevocationReason = 'logout' | 'revoked' | 'reuse' | 'password' | 'disabled';

/** One sign-in on one device: a lineage of refresh tokens. */
@Entity('sessions')
export class Session {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'uuid', name: 'user_id', update: false })
  userId!: string;

  /** The family the person chose to act in. */
  @Column('uuid', { name: 'family_id', nullable: true })
  familyId!: string | null;

  @Column('text')
  delivery!: Delivery;

  @Column('boolean', { name: 'remember_me' })
  rememberMe!: boolean;

  @Column('text', { nullable: true })
  device!: string | null;

  @Column('text', { nullable: true })
  address!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column('text', { name: 'revoked_reason', nullable: true })
  revokedReason!: RevocationReason | null;
}
