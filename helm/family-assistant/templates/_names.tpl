{{- define "family-assistant.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end }}

{{/* At most 40 characters, so that whatever is put behind it stays below 63, and a CronJob below 52. */}}
{{- define "family-assistant.fullname" -}}
{{- $name := include "family-assistant.name" . -}}
{{- $full := printf "%s-%s" .Release.Name $name -}}
{{- if contains $name .Release.Name }}{{ $full = .Release.Name }}{{ end -}}
{{- if .Values.fullnameOverride }}{{ $full = .Values.fullnameOverride }}{{ end -}}
{{- if gt (len $full) 40 -}}
{{- printf "%s-%s" ($full | trunc 31 | trimSuffix "-") ($full | sha256sum | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end }}

{{/* What selects pods: of (dict "root" $ "component" "server"). It never changes within a release. */}}
{{- define "family-assistant.selector" -}}
app.kubernetes.io/name: {{ include "family-assistant.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "family-assistant.labels" -}}
{{ include "family-assistant.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* A reference to an image: of (dict "repository" "..." "tag" "..." "digest" "..."). */}}
{{- define "family-assistant.reference" -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag }}{{ end -}}
{{- end }}

{{- define "family-assistant.image" -}}
{{- with .Values.image -}}
{{- include "family-assistant.reference" (dict "repository" .repository "tag" (.tag | default $.Chart.AppVersion) "digest" .digest) -}}
{{- end -}}
{{- end }}

{{- define "family-assistant.backupImage" -}}
{{- $repository := printf "%s-tools" .Values.image.repository -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- with .Values.backup.image -}}
{{- include "family-assistant.reference" (dict "repository" (.repository | default $repository) "tag" (.tag | default $tag) "digest" .digest) -}}
{{- end -}}
{{- end }}

{{- define "family-assistant.claim" -}}
{{- .Values.persistence.existingClaim | default (printf "%s-data" (include "family-assistant.fullname" .)) -}}
{{- end }}

{{/* The claim of a component's DATA_DIR, or nothing: migrations keep nothing, and the receiver shares none. */}}
{{- define "family-assistant.dataClaim" -}}
{{- if eq .component "receiver" -}}
{{- .root.Values.receiver.existingClaim -}}
{{- else if and .root.Values.persistence.enabled (ne .component "migration") -}}
{{- include "family-assistant.claim" .root -}}
{{- end -}}
{{- end }}

{{/* "yes" with the database built in, else nothing. */}}
{{- define "family-assistant.isEmbedded" -}}
{{- if eq .Values.database.mode "embedded" }}yes{{ end -}}
{{- end }}

{{/* The name of the port that serves /metrics. */}}
{{- define "family-assistant.metricsPort" -}}
{{- .Values.management.enabled | ternary "management" "http" -}}
{{- end }}

{{/* Groups of alerting rules: those that `alerts compile --out helm/family-assistant/files/rules.yaml` wrote, and those of the values. */}}
{{- define "family-assistant.ruleGroups" -}}
{{- $compiled := .Files.Get "files/rules.yaml" | fromYaml -}}
{{- concat ($compiled.groups | default list) .Values.metrics.prometheusRule.groups | toYaml -}}
{{- end }}
