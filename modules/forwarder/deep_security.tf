# What Deep Security may drop at the source, so that it need not travel. It may let too much through, because the function filters
# again; it must not drop what a destination wants.

locals {
  # Of the destinations in use. Without a filter everything is wanted.
  source_filters = [for filter in concat(
    contains(var.destinations, "events") ? [var.filter] : [],
    contains(var.destinations, "logs") ? [var.logs_filter] : [],
    ) : {
    event_types = coalesce(try(filter.event_types, null), toset(keys(local.event_types)))
    # An event without a rank fails every condition on Rank, so there can be one only where such events are unwanted.
    rank = try(filter.unranked_events == "drop" ? filter.rank_greater_than : null, null)
  }]

  source_event_types = sort(setunion(local.source_filters[*].event_types...))
  source_ranks       = compact(local.source_filters[*].rank)

  # Deep Security's own way to say "everything" is a list of all types.
  deep_security_condition = merge(
    { StringEquals = { EventType = local.source_event_types } },
    length(local.source_ranks) < length(local.source_filters) ? {} : {
      NumericGreaterThan = { Rank = min([for rank in local.source_ranks : tonumber(rank)]...) }
    },
  )
}
