import { Column, Entity, PrimaryColumn } from 'typeorm';

export const FAMILY_LANGUAGES = ['en', 'es', 'bilingual'] as const;
export type FamilyLanguage = (typeof FAMILY_LANGUAGES)[number];

@Entity('families')
export class Family {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  language!: FamilyLanguage;

  @Column('text', { name: 'time_zone' })
  timeZone!: string;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
