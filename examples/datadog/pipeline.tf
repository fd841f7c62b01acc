# What Datadog makes of each log: its time and status, where its source address is, and OCSF for Cloud SIEM.
# The function sends the event as it came under deep_security, and standard attributes such as network.client.ip. The
# pipeline keeps both and adds `ocsf`; what it needs on the way it removes.

locals {
  # Steps before the rows of ocsf.tf. A step can, in this order, build texts, match patterns, copy tags and attributes to where
  # nothing is yet, choose words and numbers by queries, and append objects to arrays.
  log_steps = [
    for step in concat(
      [for step in local.ocsf_steps : step if var.cloud_siem],
      [for step in local.trend_micro_steps : step if var.trend_micro_dashboards],
    ) : merge({ texts = {}, patterns = {}, tags = {}, copies = {}, words = {}, numbers = {}, appends = [] }, step)
  ]

  # Copies of what may be text.
  log_integers = ["ocsf.time", "ocsf_parts.process.pid"]

  # Named as trend_micro_cloud_one 1.0.0 in DataDog/integrations-core does. The source stays: no processor can change it.
  trend_micro_steps = [
    {
      name = "Attributes of the Trend Micro Cloud One dashboards", query = "*"
      tags = { "action" = "action", "dvchost" = "host_name" }
      copies = {
        "evt.name"             = ["deep_security.MalwareName", "deep_security.Title", "deep_security.OperationDesc", "deep_security.Reason"]
        "result"               = ["deep_security.ScanResultString"]
        "msg"                  = ["deep_security.ScanTypeString", "deep_security.Description"]
        "filePath"             = ["file.path"]
        "fileHash"             = ["file.hash.sha256"]
        "TrendMicroDsFileSHA1" = ["file.hash.sha1"]
        "sproc"                = ["process.name"]
        "entityType"           = ["deep_security.EntityType"]
        "li_desc"              = ["deep_security.OSSEC_Description"]
        "host_id"              = ["deep_security.HostID"]
        "target"               = ["deep_security.TargetName"]
        "proto"                = ["deep_security.ProtocolString"]
        "tcp_flags"            = ["deep_security.Flags"]
        "srcMAC"               = ["deep_security.SourceMAC"]
        "dstMAC"               = ["deep_security.DestinationMAC"]
      }
      words = {
        "category" = [
          for type, category in {
            AntiMalwareEvent   = "Anti-Malware"
            AppControlEvent    = "AppControl"
            DeviceControlEvent = "Device Control"
            IntegrityEvent     = "Integrity Monitor"
            LogInspectionEvent = "Log Inspection"
            PacketLog          = "Firewall"
            PayloadLog         = "Intrusion Prevention"
            SystemEvent        = "System"
            WebReputationEvent = "Web Reputation"
          } : { name = category, query = "@deep_security.EventType:${type}" }
        ]
      }
      # From 1 to 10: the dashboards' pipeline reads 8 and more as critical, 5 to 7 as error, 2 to 4 as warning.
      numbers = {
        "severity" = [
          for severity, number in { critical = "10", high = "7", medium = "4", low = "2", info = "1" } :
          { name = number, query = "severity:${severity}" }
        ]
      }
    },
  ]
}

resource "datadog_logs_custom_pipeline" "this" {
  count = local.logs ? 1 : 0

  name        = "Trend Micro Deep Security"
  description = "Logs of the Terraform module deep-security-datadog."
  tags        = concat(["integration:deep_security"], local.tags)
  is_enabled  = true

  filter {
    query = "source:trend-micro-deep-security"
  }

  processor {
    date_remapper {
      name       = "Time"
      is_enabled = true
      sources    = ["timestamp"]
    }
  }

  processor {
    status_remapper {
      name       = "Status"
      is_enabled = true
      sources    = ["status"]
    }
  }

  processor {
    message_remapper {
      name       = "Message"
      is_enabled = true
      sources    = ["message"]
    }
  }

  processor {
    geo_ip_parser {
      name       = "Where the source address is"
      is_enabled = true
      sources    = ["network.client.ip"]
      target     = "network.client.geoip"
    }
  }

  processor {
    url_parser {
      name       = "Parts of the URL"
      is_enabled = true
      sources    = ["http.url"]
      target     = "http.url_details"
    }
  }

  dynamic "processor" {
    for_each = local.log_steps
    iterator = step
    content {
      pipeline {
        name       = step.value.name
        is_enabled = true

        filter {
          query = step.value.query
        }

        dynamic "processor" {
          for_each = step.value.texts
          iterator = text
          content {
            string_builder_processor {
              name               = "Build ${text.key}"
              is_enabled         = true
              template           = text.value
              target             = text.key
              is_replace_missing = true
            }
          }
        }

        dynamic "processor" {
          for_each = step.value.patterns
          iterator = pattern
          content {
            grok_parser {
              name       = "Read ${pattern.key}"
              is_enabled = true
              source     = pattern.key
              grok {
                support_rules = ""
                match_rules   = pattern.value
              }
            }
          }
        }

        dynamic "processor" {
          for_each = concat(
            [for target, tag in step.value.tags : { target = target, sources = [tag], type = "tag" }],
            [for target, sources in step.value.copies : { target = target, sources = sources, type = "attribute" }],
          )
          iterator = copy
          content {
            attribute_remapper {
              name                 = "Copy to ${copy.value.target}"
              is_enabled           = true
              sources              = copy.value.sources
              source_type          = copy.value.type
              target               = copy.value.target
              target_type          = "attribute"
              target_format        = contains(local.log_integers, copy.value.target) ? "integer" : null
              preserve_source      = true
              override_on_conflict = false
            }
          }
        }

        dynamic "processor" {
          for_each = merge(step.value.words, step.value.numbers)
          iterator = choice
          content {
            category_processor {
              name       = "Choose ${choice.key}"
              is_enabled = true
              target     = choice.key

              dynamic "category" {
                for_each = choice.value
                content {
                  name = category.value.name
                  filter {
                    query = category.value.query
                  }
                }
              }
            }
          }
        }

        # A category is text.
        dynamic "processor" {
          for_each = step.value.numbers
          iterator = number
          content {
            attribute_remapper {
              name                 = "${number.key} as a number"
              is_enabled           = true
              sources              = [number.key]
              source_type          = "attribute"
              target               = number.key
              target_type          = "attribute"
              target_format        = "integer"
              preserve_source      = false
              override_on_conflict = false
            }
          }
        }

        dynamic "processor" {
          for_each = step.value.appends
          iterator = element
          content {
            array_processor {
              name       = "Append to ${element.value.target}"
              is_enabled = true
              operation {
                append {
                  source          = element.value.source
                  target          = element.value.target
                  preserve_source = false
                }
              }
            }
          }
        }
      }
    }
  }

  dynamic "processor" {
    for_each = [for row in local.ocsf : row if var.cloud_siem]
    iterator = row
    content {
      pipeline {
        name       = row.value.name
        is_enabled = true

        filter {
          query = row.value.query
        }

        dynamic "processor" {
          for_each = row.value.class.uid == 2004 ? ["ocsf_parts"] : []
          iterator = element
          content {
            array_processor {
              name       = "Append to ocsf.evidences"
              is_enabled = true
              operation {
                append {
                  source          = element.value
                  target          = "ocsf.evidences"
                  preserve_source = false
                }
              }
            }
          }
        }

        processor {
          schema_processor {
            name       = "OCSF ${row.value.class.name}"
            is_enabled = true

            schema {
              schema_type = "ocsf"
              version     = local.ocsf_version
              class_name  = row.value.class.name
              class_uid   = row.value.class.uid
              profiles    = row.value.class.profiles
            }

            # One block for all: the provider takes the first and passes over others.
            mappers {
              dynamic "schema_remapper" {
                for_each = row.value.fields
                iterator = field
                content {
                  name            = "ocsf.${field.key}"
                  sources         = field.value
                  target          = "ocsf.${field.key}"
                  target_format   = lookup(local.ocsf_formats, field.key, null)
                  preserve_source = true
                  # Of several sources the first that there is.
                  override_on_conflict = length(field.value) == 1
                }
              }

              dynamic "schema_category_mapper" {
                for_each = row.value.enums
                iterator = enum
                content {
                  name = "ocsf.${enum.value.id}"

                  targets {
                    id   = "ocsf.${enum.value.id}"
                    name = "ocsf.${enum.value.name}"
                  }

                  dynamic "categories" {
                    for_each = enum.value.values
                    content {
                      id   = categories.value.id
                      name = categories.value.name
                      filter {
                        query = categories.value.query
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  processor {
    exclude_attribute_processor {
      name                 = "Remove what OCSF did not take"
      is_enabled           = true
      attribute_to_exclude = "ocsf_parts"
    }
  }
}
