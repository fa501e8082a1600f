{{/* Ways out that every pod has: names, the database, Redis, and those that were listed. Of the root. */}}
{{- define "family-assistant.egress" -}}
{{- with .Values.networkPolicy.egress -}}
- to:
    {{- toYaml .dns.to | nindent 4 }}
  ports:
    - { protocol: UDP, port: {{ .dns.port }} }
    - { protocol: TCP, port: {{ .dns.port }} }
{{- if .database.to }}
- to:
    {{- toYaml .database.to | nindent 4 }}
  ports:
    - { protocol: TCP, port: {{ .database.port }} }
{{- end }}
{{- end }}
{{- end }}

{{/* Those of the server and of backups, besides. */}}
{{- define "family-assistant.moreEgress" -}}
{{- with .Values.networkPolicy.egress -}}
{{- if .redis.to }}
- to:
    {{- toYaml .redis.to | nindent 4 }}
  ports:
    - { protocol: TCP, port: {{ .redis.port }} }
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
