{{/* Text of a setting: whole numbers have no exponent, lists have commas, nothing is taken for a reference. */}}
{{- define "family-assistant.text" -}}
{{- $text := toString . -}}
{{- if kindIs "slice" . }}{{ $text = join "," . }}{{ else if kindIs "float64" . }}{{ $text = . | int64 | toString }}{{ end -}}
{{- $text | replace "$(" "$$(" | quote -}}
{{- end }}

{{/*
Whether a setting belongs to a component: of (dict "root" $ "component" "server" "name" "SMTP_URL"). "yes", or nothing.
Backups are made with the settings of the server, of which a verification needs those of the search, and more. The
server has neither the login of the owner nor the keys of the backups where others do that work.
*/}}
{{- define "family-assistant.isFor" -}}
{{- $values := .root.Values -}}
{{- $isOfBackups := and (hasPrefix "BACKUP_" .name) (not (has .name (list "BACKUP_KEPT_DAYS" "BACKUP_MAX_AGE"))) -}}
{{- if eq .component "backup" -}}yes
{{- else if eq .component "receiver" -}}
{{- if or (hasPrefix "DATABASE_" .name) $isOfBackups (eq .name "LOG_LEVEL") }}yes{{ end -}}
{{- else if eq .component "migration" -}}
{{- if or (hasPrefix "DATABASE_" .name) (has .name (list "JWT_SECRET_KEY" "LOG_LEVEL")) }}yes{{ end -}}
{{- else if include "family-assistant.isEmbedded" .root -}}
{{- if or $values.backup.enabled (not $isOfBackups) }}yes{{ end -}}
{{- else if eq .name "DATABASE_OWNER_URL" -}}
{{- if not $values.migration.enabled }}yes{{ end -}}
{{- else if not $isOfBackups }}yes
{{- end -}}
{{- end }}

{{/* Whether a component opens backups: it has the key. */}}
{{- define "family-assistant.hasIdentity" -}}
{{- if and .root.Values.backup.enabled .root.Values.backup.identity.secret -}}
{{- if or (eq .component "backup") (and (eq .component "server") (include "family-assistant.isEmbedded" .root)) }}yes{{ end -}}
{{- end -}}
{{- end }}

{{/* Whether a component writes backups into the volume. */}}
{{- define "family-assistant.hasBackupVolume" -}}
{{- if and .root.Values.backup.enabled .root.Values.backup.volume.existingClaim -}}
{{- if or (has .component (list "backup" "receiver")) (and (eq .component "server") (include "family-assistant.isEmbedded" .root)) }}yes{{ end -}}
{{- end -}}
{{- end }}

{{/* Whether a component evaluates rules of alerts that somebody has written. */}}
{{- define "family-assistant.hasAlertRules" -}}
{{- if and (eq .component "server") .root.Values.alerting.rules.configMap }}yes{{ end -}}
{{- end }}

{{/* The environment of a component: of (dict "root" $ "component" "server"). */}}
{{- define "family-assistant.env" -}}
{{- $values := .root.Values -}}
- name: NODE_ENV
  value: production
- name: DATA_DIR
  value: /data
{{- if eq .component "server" }}
- name: HOST
  value: 0.0.0.0
- name: PORT
  value: {{ include "family-assistant.text" $values.port }}
{{- if $values.management.enabled }}
- name: MANAGEMENT_PORT
  value: {{ include "family-assistant.text" $values.management.port }}
{{- end }}
- name: SHUTDOWN_DELAY
  value: {{ include "family-assistant.text" $values.shutdown.delaySeconds }}
- name: SHUTDOWN_TIMEOUT
  value: {{ include "family-assistant.text" $values.shutdown.timeoutSeconds }}
- name: DATABASE_MIGRATE
  value: {{ if include "family-assistant.isEmbedded" .root }}"true"{{ else }}{{ not $values.migration.enabled | quote }}{{ end }}
{{- end }}
{{- if $values.database.ca.configMap }}
- name: DATABASE_TLS_CA
  value: /etc/family-assistant/ca/ca.crt
{{- end }}
{{- if include "family-assistant.hasAlertRules" . }}
- name: ALERTS_RULES_FILE
  value: /etc/family-assistant/alerting/rules.yaml
{{- end }}
{{- if include "family-assistant.hasIdentity" . }}
- name: BACKUP_IDENTITY_FILE
  value: /run/backup-identity/identity
{{- end }}
{{- if include "family-assistant.hasBackupVolume" . }}
- name: BACKUP_FOLDER
  value: /backups
{{- end }}
{{- if and (eq .component "server") (include "family-assistant.isEmbedded" .root) $values.backup.enabled }}
- name: BACKUP_SCHEDULE
  value: {{ $values.backup.schedule | quote }}
{{- end }}
{{- if and (eq .component "server") (not (include "family-assistant.isEmbedded" .root)) $values.backup.enabled }}
- name: BACKUP_ELSEWHERE
  value: {{ $values.backup.identity.secret | ternary "verified" "made" | quote }}
{{- end }}
{{- range $name, $value := $values.settings }}
{{- if include "family-assistant.isFor" (dict "root" $.root "component" $.component "name" $name) }}
- name: {{ $name }}
  value: {{ include "family-assistant.text" $value }}
{{- end }}
{{- end }}
{{- range $name, $place := $values.secrets }}
{{- if include "family-assistant.isFor" (dict "root" $.root "component" $.component "name" $name) }}
- name: {{ $name }}_FILE
  value: /run/secrets/family-assistant/{{ $name }}
{{- end }}
{{- end }}
{{- end }}

{{/* The secrets of a component, as sources of one projected volume: whole files, which follow their Secrets. */}}
{{- define "family-assistant.secretSources" -}}
{{- range $name, $place := .root.Values.secrets }}
{{- if include "family-assistant.isFor" (dict "root" $.root "component" $.component "name" $name) }}
- secret:
    name: {{ $place.secret }}
    items:
      - key: {{ $place.key | default $name }}
        path: {{ $name }}
{{- end }}
{{- end }}
{{- end }}
