/** Objects of Kubernetes, as far as tests look at them. */
export type Labels = Readonly<Record<string, string>>;

export interface Selector {
  readonly matchLabels: Labels;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface Items {
  readonly name?: string;
  readonly secretName?: string;
  readonly defaultMode?: number;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly sizeLimit?: string; readonly medium?: string };
  readonly secret?: Items;
  readonly configMap?: Items;
  readonly projected?: { readonly defaultMode: number; readonly sources: readonly { readonly secret: Items }[] };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly serviceAccountName?: string;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly {
    readonly whenUnsatisfiable: string;
    readonly labelSelector: Selector;
  }[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: PodSpec;
}

export interface Port {
  readonly name?: string;
  readonly port: number | string;
  readonly targetPort?: string;
  readonly protocol?: string;
}

export interface NetworkRule {
  readonly from?: readonly unknown[];
  readonly to?: readonly unknown[];
  readonly ports: readonly Port[];
}

/** The fields of all kinds; each kind has some of them. */
export interface Spec {
  readonly replicas?: number;
  readonly strategy: { readonly type: string; readonly rollingUpdate?: Readonly<Record<string, number>> };
  readonly selector: Selector & Labels;
  readonly template: PodTemplate;
  readonly jobTemplate: { readonly spec: { readonly template: PodTemplate } };
  readonly schedule: string;
  readonly timeZone: string;
  readonly concurrencyPolicy: string;
  readonly type: string;
  readonly ports: readonly Port[];
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxUnavailable: number;
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly NetworkRule[];
  readonly egress: readonly NetworkRule[];
  readonly accessModes: readonly string[];
  readonly endpoints: readonly { readonly port: string; readonly path: string; readonly authorization?: unknown }[];
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly expr: string }[] }[];
  readonly rules: readonly {
    readonly host: string;
    readonly http: {
      readonly paths: readonly {
        readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name: string } } };
      }[];
    };
  }[];
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels; readonly annotations?: Labels };
  readonly spec: Spec;
}

/** Objects of a kind. */
export const ofKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

/** The one object of a kind, or of a kind and a name. @throws Error where there is none, or another one */
export function theOnly(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = ofKind(manifests, kind).filter(({ metadata }) => name === undefined || metadata.name === name);
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${String(found.length)} objects of kind ${kind}`);
  return only;
}

/** The Deployment of the servers; that of the receiver is another one. */
export const theServer = (manifests: readonly Manifest[]): Manifest =>
  theOnly(
    manifests.filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === 'server'),
    'Deployment',
  );

/** The pods that an object starts, if it starts any. */
export function podOf({ kind, spec }: Manifest): PodTemplate | undefined {
  if (kind === 'CronJob') return spec.jobTemplate.spec.template;
  return kind === 'Deployment' || kind === 'Job' ? spec.template : undefined;
}

/** All pods of a release, with the kind of what starts them. */
export const podsOf = (manifests: readonly Manifest[]): readonly (PodTemplate & { readonly kind: string })[] =>
  manifests.flatMap((manifest) => {
    const pod = podOf(manifest);
    return pod ? [{ ...pod, kind: manifest.kind }] : [];
  });

/** Containers of a pod, those of its preparation first. */
export const containersOf = ({ spec }: PodTemplate): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** Whether labels have all that is selected, which is something. */
export const selects = (wanted: Labels, labels: Labels): boolean =>
  Object.keys(wanted).length > 0 && Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** Names of the secrets that are mounted in a pod as files. */
export function filesOf({ spec }: PodTemplate): readonly string[] {
  const volume = spec.volumes.find(({ name }) => name === 'secrets');
  return (volume?.projected?.sources ?? []).flatMap(({ secret }) => (secret.items ?? []).map(({ path }) => path));
}

/** What a variable of a container is set to. */
export const valueOf = (container: Container | undefined, name: string): string | undefined =>
  container?.env?.find((each) => each.name === name)?.value;
