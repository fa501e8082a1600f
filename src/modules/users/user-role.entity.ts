import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ServerRole } from '../../platform/security/index.js';

/** A role that a person has on the server. */
@Entity('user_roles')
export class UserRole {
  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @PrimaryColumn('text')
  role!: ServerRole;

  @Column('uuid', { name: 'assigned_by', nullable: true })
  assignedBy!: string | null;

  @Column('timestamptz', { name: 'assigned_at' })
  assignedAt!: Date;
}
