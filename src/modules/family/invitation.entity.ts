import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Roles that somebody can be invited to; children get no account of their own by a code that anybody could use. */
export const INVITABLE_ROLES = ['parent', 'teenager', 'grandparent'] as const;
export type InvitableRole = (typeof INVITABLE_ROLES)[number];

/** An offer to join a family, taken once by whoever holds its code. Only the code's hash is stored. */
@Entity('invitations')
export class Invitation {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'uuid', name: 'family_id', update: false })
  familyId!: string;

  @Column('bytea', { name: 'code_hash', select: false })
  codeHash!: Buffer;

  @Column('text')
  role!: InvitableRole;

  /** The existing profile that the person takes over; a new one is made where there is none. */
  @Column('uuid', { name: 'member_id', nullable: true })
  memberId!: string | null;

  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'accepted_at', nullable: true })
  acceptedAt!: Date | null;

  @Column('uuid', { name: 'accepted_by', nullable: true })
  acceptedBy!: string | null;
}
