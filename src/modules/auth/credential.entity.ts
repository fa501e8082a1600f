import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The password of an account, as its hash; in a table of its own so that no reading of accounts carries it. */
@Entity('credentials')
export class Credential {
  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  @Column('timestamptz', { name: 'changed_at' })
  changedAt!: Date;
}
