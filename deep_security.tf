# What Deep Security may drop at the source. It may let too much through, because the function filters again, but must not drop what a
# destination accepts.

locals {
  source_filters = [for destination in values(var.destinations) : {
    event_types = coalesce(destination.filter.event_types, toset(keys(local.event_types)))
    # Events without a rank fail every condition on Rank, so there is one only if they are dropped.
    rank = destination.filter.unranked_events == "drop" ? destination.filter.rank_greater_than : null
  }]

  source_event_types = sort(setunion(local.source_filters[*].event_types...))
  source_ranks       = compact(local.source_filters[*].rank)

  # Deep Security expects a list of all types for "everything".
  deep_security_condition = merge(
    { StringEquals = { EventType = local.source_event_types } },
    length(local.source_ranks) < length(local.source_filters) ? {} : {
      NumericGreaterThan = { Rank = min([for rank in local.source_ranks : tonumber(rank)]...) }
    },
  )
}
