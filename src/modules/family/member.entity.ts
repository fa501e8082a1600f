import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FamilyRole } from '../../platform/security/index.js';
import type { FamilyLanguage } from './family.entity.js';

export const AGE_GROUPS = ['child', 'teen', 'adult', 'elder'] as const;
export type AgeGroup = (typeof AGE_GROUPS)[number];

/** Telegram ids have at most 52 bits, so PostgreSQL's bigint fits a number. */
const telegramNumber = {
  from: (value: string | null): number | null => (value === null ? null : Number(value)),
  to: (value: number | null): number | null => value,
};

/** A membership: a person in a family, with or without an account. */
@Entity('members')
export class Member {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'uuid', name: 'family_id', update: false })
  familyId!: string;

  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  @Column('text', { name: 'first_name' })
  firstName!: string;

  @Column('text', { name: 'last_name', nullable: true })
  lastName!: string | null;

  @Column('bigint', { name: 'telegram_id', nullable: true, transformer: telegramNumber })
  telegramId!: number | null;

  @Column('text')
  role!: FamilyRole;

  @Column('text', { name: 'age_group' })
  ageGroup!: AgeGroup;

  @Column('text', { name: 'language_preference' })
  languagePreference!: FamilyLanguage;

  @Column('text', { name: 'active_skills', array: true })
  activeSkills!: string[];

  @Column('date', { name: 'birth_date', nullable: true })
  birthDate!: string | null;

  /** Kept something to themselves before they were made a child; the database finds out: see the migration. */
  @Column({ type: 'boolean', name: 'has_own_things', insert: false, update: false })
  readonly hasOwnThings?: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
