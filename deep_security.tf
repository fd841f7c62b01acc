# What Deep Security may drop at the source, so that it need not travel. It may let too much through, because the function filters
# again; it must not drop what a destination wants.

locals {
  source_filters = [for destination in values(var.destinations) : {
    event_types = coalesce(destination.filter.event_types, toset(keys(local.event_types)))
    # An event without a rank fails every condition on Rank, so there can be one only where such events are unwanted.
    rank = destination.filter.unranked_events == "drop" ? destination.filter.rank_greater_than : null
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
