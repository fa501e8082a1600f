import { Module, type DynamicModule } from '@nestjs/common';
import { CONFIG_CLASSES, type AppConfig } from './load-config.js';

/** Makes each configuration class injectable everywhere. */
@Module({})
export class ConfigModule {
  static forRoot(config: AppConfig): DynamicModule {
    const providers = Object.entries(CONFIG_CLASSES).map(([key, Class]) => ({
      provide: Class,
      useValue: config[key as keyof AppConfig],
    }));
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
