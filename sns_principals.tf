# Principal that SNS delivers as. Between two regions it is that of the opt-in region. SNS does not deliver between opt-in regions, or
# from another region to a function in one.
# https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
locals {
  # All from before March 20, 2019. Later regions are opt-in, so this list does not grow.
  # https://docs.aws.amazon.com/general/latest/gr/rande-manage.html
  regions_enabled_by_default = [
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
  ]

  opt_in = local.partition == "aws" && !contains(local.regions_enabled_by_default, local.region)

  # Per topic, so that an ARN not yet known leaves the principals of other topics known.
  topics = {
    for name, arn in local.topic_arns : name => {
      arn    = arn
      region = split(":", arn)[3]
      opt_in = local.partition == "aws" && !contains(local.regions_enabled_by_default, split(":", arn)[3])
    }
  }

  sns_principals = {
    for name, topic in local.topics : name => (
      topic.region == local.region ? "sns.amazonaws.com" :
      topic.opt_in ? "sns.${topic.region}.amazonaws.com" :
      local.opt_in ? "sns.${local.region}.amazonaws.com" :
      "sns.amazonaws.com"
    )
  }

  # Each principal with its own topics. The Sid is TopicsSend, or with a region, TopicsSendAfSouth1.
  senders = [
    for principal, arns in { for name, principal in local.sns_principals : principal => local.topic_arns[name]... } : {
      principal  = principal
      topic_arns = sort(arns)
      sid_suffix = replace(title(replace(trimsuffix(trimprefix(principal, "sns."), "amazonaws.com"), "/[.-]/", " ")), " ", "")
    }
  ]

  unreachable_topic_arns = [
    for topic in local.topics : topic.arn if topic.region != local.region && local.opt_in && (topic.opt_in || !local.use_queue)
  ]
}
