import { Global, Module } from '@nestjs/common';
import { AuthConfig, loadOrCreateSecrets, ServerConfig } from '../../platform/config/index.js';
import { PrincipalSource } from '../../platform/security/index.js';
import { FamilyModule } from '../family/index.js';
import { UsersModule } from '../users/index.js';
import { ApiKeyPrincipals } from './api-keys/api-key-principals.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { ApiKeysRepository } from './api-keys/api-keys.repository.js';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { AccessData } from './access-data.service.js';
import { AuthController } from './auth.controller.js';
import { AuthFlow } from './auth.flow.js';
import { CredentialsRepository } from './credentials.repository.js';
import { AccountMailService } from './mail/account-mail.service.js';
import { EmailController } from './mail/email.controller.js';
import { EmailService } from './mail/email.service.js';
import { LinkController } from './mail/link.controller.js';
import { MailDeliveryService } from './mail/mail-delivery.service.js';
import { MailTokensRepository } from './mail/mail-tokens.repository.js';
import { RecoveryController } from './mail/recovery.controller.js';
import { RecoveryService } from './mail/recovery.service.js';
import { DeviceSignInService } from './devices/device-sign-in.service.js';
import { DeviceThrottle } from './devices/device-throttle.js';
import { DeviceFlow } from './devices/device.flow.js';
import { DevicesController } from './devices/devices.controller.js';
import { DevicesRepository } from './devices/devices.repository.js';
import { DevicesService } from './devices/devices.service.js';
import { HandoverService } from './handover.service.js';
import { LoginService } from './login.service.js';
import { MeService } from './me.service.js';
import { PasswordHasher } from './password/password-hasher.js';
import { IdentitiesController } from './providers/identities.controller.js';
import { IdentitiesRepository } from './providers/identities.repository.js';
import { IdentitiesService } from './providers/identities.service.js';
import { ProviderCatalog } from './providers/provider-catalog.js';
import { ProviderSignInService } from './providers/provider-sign-in.service.js';
import { ProvidersController } from './providers/providers.controller.js';
import { ProvidersFlow } from './providers/providers.flow.js';
import { SignInFlowsRepository } from './providers/sign-in-flows.repository.js';
import { Principals } from './principals.js';
import { PasswordService } from './password/password.service.js';
import { RegistrationService } from './registration.service.js';
import { ReauthenticationService } from './reauthentication.service.js';
import { SessionPrincipals } from './session-principals.js';
import { SessionRetentionService } from './session-retention.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SetupToken } from './setup-token.js';
import { SignInThrottle } from './sign-in-throttle.js';
import { TelegramController } from './telegram/telegram.controller.js';
import { TelegramFlow } from './telegram/telegram.flow.js';
import { TelegramRepository } from './telegram/telegram.repository.js';
import { TelegramService } from './telegram/telegram.service.js';
import { TokenDelivery } from './token-delivery.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { KeyRing } from './tokens/key-ring.js';

/** Sign-in. Global, because the guards of every route ask its `PrincipalSource`. */
@Global()
@Module({
  imports: [UsersModule, FamilyModule],
  controllers: [
    AuthController,
    SessionsController,
    ApiKeysController,
    ProvidersController,
    IdentitiesController,
    TelegramController,
    RecoveryController,
    EmailController,
    LinkController,
    DevicesController,
  ],
  providers: [
    {
      provide: KeyRing,
      inject: [AuthConfig, ServerConfig],
      useFactory: ({ jwtSecret, jwtSecretPrevious }: AuthConfig, { dataDir }: ServerConfig) =>
        new KeyRing(
          jwtSecret === undefined ? loadOrCreateSecrets(dataDir) : { current: jwtSecret, previous: jwtSecretPrevious },
        ),
    },
    { provide: PrincipalSource, useExisting: Principals },
    SessionPrincipals,
    AccessTokens,
    AccessData,
    AccountMailService,
    ApiKeyPrincipals,
    ApiKeysRepository,
    ApiKeysService,
    AuthFlow,
    CredentialsRepository,
    DeviceFlow,
    DeviceSignInService,
    DeviceThrottle,
    DevicesRepository,
    DevicesService,
    EmailService,
    HandoverService,
    IdentitiesRepository,
    IdentitiesService,
    LoginService,
    MailDeliveryService,
    MailTokensRepository,
    MeService,
    PasswordHasher,
    PasswordService,
    Principals,
    ProviderCatalog,
    ProviderSignInService,
    ProvidersFlow,
    ReauthenticationService,
    RecoveryService,
    RegistrationService,
    SessionRetentionService,
    SessionsRepository,
    SessionsService,
    SetupToken,
    SignInFlowsRepository,
    SignInThrottle,
    TelegramFlow,
    TelegramRepository,
    TelegramService,
    TokenDelivery,
  ],
  exports: [DevicesService, PrincipalSource, ReauthenticationService, RegistrationService],
})
export class AuthModule {}
