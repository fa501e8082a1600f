import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GrantablePermission } from '../../platform/security/index.js';

/** A right over the server that a person has besides those of their roles. */
@Entity('user_grants')
export class UserGrant {
  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @PrimaryColumn('text')
  permission!: GrantablePermission;

  @Column('uuid', { name: 'granted_by', nullable: true })
  grantedBy!: string | null;

  @Column('timestamptz', { name: 'granted_at' })
  grantedAt!: Date;
}
