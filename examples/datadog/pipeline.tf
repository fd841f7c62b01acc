# What only Datadog can make of a log: its time, status and message, where its source address is, the parts of its URL, and for
# Cloud SIEM an event of its OCSF class. All else the function sends.

resource "datadog_logs_custom_pipeline" "this" {
  count = local.logs ? 1 : 0

  name        = "${local.prefix}Trend Micro Deep Security"
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

  # Datadog recommends at most 20 processors, those of pipelines within counted.
  dynamic "processor" {
    for_each = local.ocsf
    iterator = class
    content {
      pipeline {
        name       = "OCSF ${class.key}"
        is_enabled = true

        filter {
          query = "@ocsf.class_uid:${class.value.uid}"
        }

        processor {
          schema_processor {
            name       = "OCSF ${class.key}"
            is_enabled = true

            schema {
              schema_type = "ocsf"
              version     = local.ocsf_version
              class_name  = class.key
              class_uid   = class.value.uid
              profiles    = class.value.profiles
            }

            # One block for all: the provider takes the first and passes over others. What is below `ocsf` and not named stays.
            mappers {
              dynamic "schema_remapper" {
                for_each = class.value.attributes
                iterator = attribute
                content {
                  name                 = "ocsf.${attribute.value}"
                  sources              = ["ocsf.${attribute.value}"]
                  target               = "ocsf.${attribute.value}"
                  preserve_source      = true
                  override_on_conflict = true
                }
              }

              dynamic "schema_category_mapper" {
                for_each = class.value.enums
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
                      id   = tonumber(categories.key)
                      name = categories.value
                      filter {
                        query = "@ocsf.${enum.value.id}:${categories.key}"
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
}
