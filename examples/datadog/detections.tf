# What a file has and no line here names would be lost silently: tests/terraform/test_datadog_example.py.
resource "datadog_security_monitoring_rule" "this" {
  for_each = local.detections

  name               = each.value.name
  type               = each.value.type
  enabled            = each.value.isEnabled
  message            = each.value.message
  has_extended_title = each.value.hasExtendedTitle
  tags               = each.value.tags
  group_signals_by   = lookup(each.value, "groupSignalsBy", null)

  dynamic "query" {
    for_each = each.value.queries
    content {
      name                         = query.value.name
      data_source                  = query.value.dataSource
      query                        = query.value.query
      aggregation                  = query.value.aggregation
      group_by_fields              = query.value.groupByFields
      has_optional_group_by_fields = query.value.hasOptionalGroupByFields
      distinct_fields              = query.value.distinctFields
      metrics                      = lookup(query.value, "metrics", null)
    }
  }

  dynamic "case" {
    for_each = each.value.cases
    content {
      name          = case.value.name
      status        = case.value.status
      condition     = case.value.condition
      notifications = case.value.notifications
    }
  }

  dynamic "third_party_case" {
    for_each = lookup(each.value, "thirdPartyCases", [])
    content {
      name          = third_party_case.value.name
      status        = third_party_case.value.status
      query         = third_party_case.value.query
      notifications = third_party_case.value.notifications
    }
  }

  dynamic "filter" {
    for_each = lookup(each.value, "filters", [])
    content {
      action = filter.value.action
      query  = filter.value.query
    }
  }

  options {
    detection_method                  = each.value.options.detectionMethod
    evaluation_window                 = lookup(each.value.options, "evaluationWindow", null)
    keep_alive                        = each.value.options.keepAlive
    max_signal_duration               = each.value.options.maxSignalDuration
    decrease_criticality_based_on_env = each.value.options.decreaseCriticalityBasedOnEnv

    dynamic "new_value_options" {
      for_each = [for options in [lookup(each.value.options, "newValueOptions", null)] : options if options != null]
      iterator = new
      content {
        learning_method        = new.value.learningMethod
        learning_duration      = new.value.learningDuration
        learning_threshold     = new.value.learningThreshold
        forget_after           = new.value.forgetAfter
        instantaneous_baseline = new.value.instantaneousBaseline
      }
    }

    dynamic "third_party_rule_options" {
      for_each = [for options in [lookup(each.value.options, "thirdPartyRuleOptions", null)] : options if options != null]
      iterator = found
      content {
        default_status        = found.value.defaultStatus
        default_notifications = found.value.defaultNotifications
        signal_title_template = found.value.signalTitleTemplate

        dynamic "root_query" {
          for_each = found.value.rootQueries
          iterator = root
          content {
            query           = root.value.query
            group_by_fields = root.value.groupByFields
          }
        }
      }
    }
  }
}
