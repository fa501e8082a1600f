import { Module } from '@nestjs/common';
import { AlertsController } from './alerts.controller.js';
import { AlertsService } from './alerts.service.js';
import { CurrentAlerts } from './current-alerts.js';
import { AlertHistorySink, DELIVERY_PROVIDERS, InhibitionRules, SilenceSource } from './delivery/index.js';
import { EVALUATION_PROVIDERS } from './evaluation/index.js';
import { ChannelsRepository } from './history/channels.repository.js';
import { HistoryMirror } from './history/history-mirror.js';
import { HistoryRepository } from './history/history.repository.js';
import { AlertHistory } from './history/history.service.js';
import { RuleInhibition } from './rule-inhibition.js';
import { SilenceBook } from './silences/silence-book.js';
import { SilencesController } from './silences/silences.controller.js';
import { SilencesRepository } from './silences/silences.repository.js';
import { SilencesService } from './silences/silences.service.js';
import { AlertSection } from './status/alert-section.js';
import { AlertingCondition } from './watch/condition.js';
import { AlertingMonitor } from './watch/alerting-monitor.js';
import { Canary } from './watch/canary.js';
import { ChannelProofs } from './watch/channel-proofs.js';
import { EvaluationWatch } from './watch/evaluation-watch.js';
import { Heartbeat } from './watch/heartbeat.js';
import { Watchdog } from './watch/watchdog.js';
import { AlertmanagerService } from './webhook/alertmanager.service.js';
import { HeardAlerts } from './webhook/heard-alerts.js';

const SILENCES = [
  SilenceBook,
  { provide: SilenceSource, useExisting: SilenceBook },
  SilencesService,
  SilencesRepository,
];
const HISTORY = [
  AlertHistory,
  HistoryMirror,
  { provide: AlertHistorySink, useExisting: HistoryMirror },
  HistoryRepository,
  ChannelsRepository,
];
const WATCH = [AlertingCondition, AlertingMonitor, Canary, ChannelProofs, EvaluationWatch, Heartbeat, Watchdog];

@Module({
  controllers: [SilencesController, AlertsController],
  providers: [
    ...DELIVERY_PROVIDERS,
    ...SILENCES,
    ...HISTORY,
    ...WATCH,
    ...EVALUATION_PROVIDERS,
    { provide: InhibitionRules, useClass: RuleInhibition },
    AlertsService,
    CurrentAlerts,
    AlertmanagerService,
    HeardAlerts,
    AlertSection,
  ],
})
export class AlertingModule {}
