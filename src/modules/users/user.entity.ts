import { Column, Entity, PrimaryColumn } from 'typeorm';

export const LANGUAGES = ['en', 'es', 'bilingual'] as const;
export type Language = (typeof LANGUAGES)[number];
export const USER_STATUSES = ['active', 'disabled', 'closing', 'erasing'] as const;
/** One that is `closing` will be erased, unless its owner signs in before; one that is `erasing` is for good. */
export type UserStatus = (typeof USER_STATUSES)[number];

/** PostgreSQL's bigint as a number: Telegram ids have at most 52 bits. */
export const bigintAsNumber = {
  from: (value: string | null): number | null => (value === null ? null : Number(value)),
  to: (value: number | null): number | null => value,
};

/** A person with an account on this server. */
@Entity('users')
export class User {
  @PrimaryColumn('uuid')
  id!: string;

  /** Normalised: NFKC, lower case. Children have none. */
  @Column('text', { nullable: true })
  email!: string | null;

  /** When the person proved to receive mail there; until then it may be somebody else's. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt!: Date | null;

  @Column('text', { nullable: true })
  username!: string | null;

  @Column('bigint', { name: 'telegram_id', nullable: true, transformer: bigintAsNumber })
  telegramId!: number | null;

  @Column('text', { name: 'first_name' })
  firstName!: string;

  @Column('text', { name: 'last_name', nullable: true })
  lastName!: string | null;

  @Column('text')
  language!: Language;

  @Column('text', { name: 'time_zone' })
  timeZone!: string;

  @Column('date', { name: 'birth_date', nullable: true })
  birthDate!: string | null;

  @Column('text')
  status!: UserStatus;

  /** Part of every access token; raising it ends all of them. */
  @Column('integer')
  epoch!: number;

  /** Quota of this person; null: that of the server. */
  @Column('integer', { name: 'max_requests_per_day', nullable: true })
  maxRequestsPerDay!: number | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
