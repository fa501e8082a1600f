import { Module } from '@nestjs/common';
import { BackupMonitor } from './backup-monitor.service.js';
import { BackupStatus } from './backup.status.js';
import { BackupRuns } from './backup-runs.service.js';
import { BackupsController } from './backups.controller.js';
import { BackupsService } from './backups.service.js';
import { HouseholdBackups } from './household.service.js';
import { RunsRepository } from './runs.repository.js';
import { BackupStock } from './stock.js';

@Module({
  controllers: [BackupsController],
  providers: [BackupsService, BackupRuns, BackupMonitor, BackupStatus, HouseholdBackups, BackupStock, RunsRepository],
  exports: [BackupRuns, HouseholdBackups, RunsRepository],
})
export class BackupModule {}
