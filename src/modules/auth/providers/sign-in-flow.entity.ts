import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Delivery } from '../session.entity.js';

/** A sign-in by a provider that is under way: good once, for ten minutes, in the browser that has its secret. */
@Entity('sign_in_flows')
export class SignInFlow {
  @PrimaryColumn('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;

  @Column('text')
  provider!: string;

  @Column('text')
  delivery!: Delivery;

  @Column('boolean', { name: 'remember_me' })
  rememberMe!: boolean;

  @Column('text', { name: 'return_to', nullable: true })
  returnTo!: string | null;

  /** The session that links an identity; null where somebody signs in. */
  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId!: string | null;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
