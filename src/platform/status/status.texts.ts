import type { HealthStatus } from '../health/index.js';
import type { StatusLanguage } from './status.language.js';
import type { SectionState } from './status.section.js';

interface Texts {
  readonly title: string;
  readonly overall: Readonly<Record<HealthStatus, string>>;
  /** Instead of `overall.ok` when a section is not well. */
  readonly attention: string;
  readonly states: Readonly<Record<SectionState, string>>;
  readonly components: string;
  readonly componentNames: Readonly<Partial<Record<string, string>>>;
  readonly requests: string;
  readonly rate: string;
  readonly p95: string;
  readonly ofThisProcess: string;
  readonly noMinutes: string;
  readonly perMinute: string;
  readonly now: string;
  readonly highest: string;
  readonly failed: string;
  readonly hourAgo: string;
  readonly none: string;
  readonly notKnown: string;
  readonly asOf: string;
  readonly refreshes: string;
  readonly version: string;
  readonly signIn: string;
}

/** What the status page says. */
export const STATUS_TEXTS: Readonly<Record<StatusLanguage, Texts>> = {
  en: {
    title: 'Status',
    overall: {
      ok: 'Everything works',
      degraded: 'Works, with a part missing',
      error: 'A needed part is down',
      shutting_down: 'The server is stopping',
    },
    attention: 'Works, but needs attention',
    states: { ok: 'well', warning: 'look at it', error: 'wrong', off: 'off', unknown: 'not known' },
    components: 'Components',
    componentNames: {
      database: 'Database',
      redis: 'Redis',
      disk: 'Disk',
      memory: 'Memory of the process',
      vector_index: 'Search by meaning',
      jobs: 'Work in the background',
      backup: 'Backups',
      alerting: 'Alerting',
    },
    requests: 'Requests in the last hour',
    rate: 'Requests per minute',
    p95: 'Time to answer 95 % of them',
    ofThisProcess: 'Of this process since its start; probes and this page are not counted.',
    noMinutes: 'The first figures are here a minute after the start.',
    perMinute: 'per minute',
    now: 'now',
    highest: 'highest',
    failed: 'failed',
    hourAgo: '1 h ago',
    none: 'none',
    notKnown: 'This could not be found out.',
    asOf: 'As of',
    refreshes: 'Refreshes every minute.',
    version: 'Version',
    signIn:
      'Operators see more: sign in at this address with "delivery": "cookie" (POST /api/v1/auth/login, for example at /docs), then reload.',
  },
  es: {
    title: 'Estado',
    overall: {
      ok: 'Todo funciona',
      degraded: 'Funciona, pero falta una parte',
      error: 'Falla una parte necesaria',
      shutting_down: 'El servidor se está deteniendo',
    },
    attention: 'Funciona, pero necesita atención',
    states: { ok: 'bien', warning: 'conviene mirarlo', error: 'mal', off: 'apagado', unknown: 'desconocido' },
    components: 'Componentes',
    componentNames: {
      database: 'Base de datos',
      redis: 'Redis',
      disk: 'Disco',
      memory: 'Memoria del proceso',
      vector_index: 'Búsqueda por significado',
      jobs: 'Trabajo en segundo plano',
      backup: 'Copias de seguridad',
      alerting: 'Alertas',
    },
    requests: 'Peticiones en la última hora',
    rate: 'Peticiones por minuto',
    p95: 'Tiempo en responder el 95 %',
    ofThisProcess: 'De este proceso desde su inicio; sin contar las sondas ni esta página.',
    noMinutes: 'Las primeras cifras llegan un minuto después del inicio.',
    perMinute: 'por minuto',
    now: 'ahora',
    highest: 'máximo',
    failed: 'con error',
    hourAgo: 'hace 1 h',
    none: 'ninguna',
    notKnown: 'No se ha podido averiguar.',
    asOf: 'A las',
    refreshes: 'Se actualiza cada minuto.',
    version: 'Versión',
    signIn:
      'Los operadores ven más: inicia sesión en esta dirección con "delivery": "cookie" (POST /api/v1/auth/login, por ejemplo en /docs) y recarga.',
  },
};
