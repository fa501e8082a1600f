import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/index.js';
import { FamilyModule } from '../family/index.js';
import { UsersModule } from '../users/index.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureService } from './erasure.service.js';
import { ErasuresRepository } from './erasures.repository.js';
import { ExportFiles } from './export-files.js';
import { ExportsController } from './exports.controller.js';
import { ExportsRepository } from './exports.repository.js';
import { ExportsService } from './exports.service.js';
import { WardsService } from './wards.service.js';

@Module({
  imports: [UsersModule, FamilyModule, AuthModule],
  controllers: [ExportsController, ErasureController],
  providers: [ExportsService, ExportsRepository, ExportFiles, ErasureService, ErasuresRepository, WardsService],
})
export class PrivacyModule {}
