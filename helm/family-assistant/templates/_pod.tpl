{{/* The pod's half of the restricted standard. */}}
{{- define "family-assistant.podSecurity" -}}
{{- with .Values.security -}}
runAsNonRoot: true
runAsUser: {{ .runAsUser | int64 }}
runAsGroup: {{ .runAsGroup | int64 }}
fsGroup: {{ .fsGroup | int64 }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: {{ .seccompProfile.type }}
  {{- if eq .seccompProfile.type "Localhost" }}
  localhostProfile: {{ .seccompProfile.localhostProfile }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The container's half of it. */}}
{{- define "family-assistant.containerSecurity" -}}
runAsNonRoot: true
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What all pods have in common: of (dict "root" $ "component" "server"). */}}
{{- define "family-assistant.podBase" -}}
{{- $values := .root.Values -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
securityContext:
  {{- include "family-assistant.podSecurity" .root | nindent 2 }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if include "family-assistant.hasIdentity" . }}
initContainers:
  # The key must be readable by its owner alone; a mounted Secret is readable by the group of the pod.
  - name: identity
    image: {{ include (eq .component "backup" | ternary "family-assistant.backupImage" "family-assistant.image") .root }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command: [node, -e]
    args:
      - |
        const { readFileSync, rmSync, writeFileSync } = process.getBuiltinModule('node:fs');
        const file = '/run/backup-identity/identity';
        rmSync(file, { force: true });
        writeFileSync(file, readFileSync('/run/secrets/backup-identity/identity'), { mode: 0o400 });
    securityContext:
      {{- include "family-assistant.containerSecurity" . | nindent 6 }}
    resources:
      requests: { cpu: 10m, memory: 64Mi }
      limits: { memory: 128Mi }
    volumeMounts:
      - { name: identity-secret, mountPath: /run/secrets/backup-identity, readOnly: true }
      - { name: identity, mountPath: /run/backup-identity }
{{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 256Mi }
  - name: data
    {{- with include "family-assistant.dataClaim" . }}
    persistentVolumeClaim:
      claimName: {{ . }}
    {{- else }}
    emptyDir: { sizeLimit: {{ $values.persistence.ephemeralSizeLimit }} }
    {{- end }}
  {{- with include "family-assistant.secretSources" . }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
        {{- . | nindent 8 }}
  {{- end }}
  {{- with $values.database.ca }}
  {{- if .configMap }}
  - name: database-ca
    configMap:
      name: {{ .configMap }}
      items:
        - { key: {{ .key }}, path: ca.crt }
  {{- end }}
  {{- end }}
  {{- if include "family-assistant.hasAlertRules" . }}
  - name: alert-rules
    configMap:
      name: {{ $values.alerting.rules.configMap }}
      items:
        - { key: {{ $values.alerting.rules.key }}, path: rules.yaml }
  {{- end }}
  {{- if include "family-assistant.hasIdentity" . }}
  - name: identity-secret
    secret:
      secretName: {{ $values.backup.identity.secret }}
      defaultMode: 0440
      items:
        - { key: {{ $values.backup.identity.key }}, path: identity }
  - name: identity
    emptyDir: { medium: Memory, sizeLimit: 1Mi }
  {{- end }}
  {{- if include "family-assistant.hasBackupVolume" . }}
  - name: backups
    persistentVolumeClaim:
      claimName: {{ $values.backup.volume.existingClaim }}
  {{- end }}
{{- end }}

{{/* What all containers that run the server's code have in common. */}}
{{- define "family-assistant.containerBase" -}}
securityContext:
  {{- include "family-assistant.containerSecurity" . | nindent 2 }}
env:
  {{- include "family-assistant.env" . | nindent 2 }}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  - { name: data, mountPath: /data }
  {{- if include "family-assistant.secretSources" . }}
  - { name: secrets, mountPath: /run/secrets/family-assistant, readOnly: true }
  {{- end }}
  {{- if .root.Values.database.ca.configMap }}
  - { name: database-ca, mountPath: /etc/family-assistant/ca, readOnly: true }
  {{- end }}
  {{- if include "family-assistant.hasAlertRules" . }}
  - { name: alert-rules, mountPath: /etc/family-assistant/alerting, readOnly: true }
  {{- end }}
  {{- if include "family-assistant.hasIdentity" . }}
  - { name: identity, mountPath: /run/backup-identity, readOnly: true }
  {{- end }}
  {{- if include "family-assistant.hasBackupVolume" . }}
  - { name: backups, mountPath: /backups }
  {{- end }}
{{- end }}
