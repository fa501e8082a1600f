import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { AlertingModule } from './modules/alerting/index.js';
import { AuditModule } from './modules/audit/index.js';
import {
  ApiKey,
  AuthModule,
  Credential,
  Identity,
  RefreshToken,
  Session,
  SignInFlow,
  UsedTelegramProof,
} from './modules/auth/index.js';
import { BackupModule } from './modules/backup/index.js';
import { Family, FamilyModule, Invitation, Member } from './modules/family/index.js';
import { MemoryModule } from './modules/memory/index.js';
import { PrivacyModule } from './modules/privacy/index.js';
import { User, UserGrant, UserRole, UsersModule } from './modules/users/index.js';
import { AuditTrailModule } from './platform/audit/index.js';
import { CacheModule } from './platform/cache/index.js';
import { ConfigModule, type AppConfig } from './platform/config/index.js';
import { DatabaseModule } from './platform/database/index.js';
import { HealthModule } from './platform/health/index.js';
import { JobsModule } from './platform/jobs/index.js';
import { LimitsModule } from './platform/limits/index.js';
import { MailModule } from './platform/mail/index.js';
import { ObservabilityModule } from './platform/observability/index.js';
import { PrivacyRegistryModule } from './platform/privacy/index.js';
import { ProbesModule } from './platform/probes/index.js';
import { RedisModule } from './platform/redis/redis.module.js';
import { SecurityModule } from './platform/security/index.js';
import { StatusModule } from './platform/status/index.js';

export const ENTITIES = [
  User,
  UserGrant,
  UserRole,
  Credential,
  Session,
  RefreshToken,
  Identity,
  SignInFlow,
  UsedTelegramProof,
  ApiKey,
  Family,
  Member,
  Invitation,
];

@Module({})
export class AppModule {
  static forRoot(config: AppConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(ENTITIES),
        RedisModule,
        CacheModule,
        LimitsModule,
        ObservabilityModule.forRoot(logger),
        HealthModule,
        StatusModule,
        JobsModule,
        AuditTrailModule,
        PrivacyRegistryModule,
        ProbesModule,
        MailModule,
        SecurityModule,
        AuthModule,
        UsersModule,
        FamilyModule,
        MemoryModule,
        AuditModule,
        PrivacyModule,
        BackupModule,
        AlertingModule,
      ],
    };
  }
}
