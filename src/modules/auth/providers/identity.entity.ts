import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An account elsewhere that signs in to an account here. It is its issuer and subject, whatever its email. */
@Entity('identities')
export class Identity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'uuid', name: 'user_id', update: false })
  userId!: string;

  /** The provider's name in the settings. */
  @Column('text')
  provider!: string;

  @Column({ type: 'text', update: false })
  issuer!: string;

  @Column({ type: 'text', update: false })
  subject!: string;

  /** What the provider said last; for showing. */
  @Column('text', { nullable: true })
  email!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt!: Date;
}
