package sts

// guestPolicy is what guests of an identity pool may use at most in the enhanced flow (Amazon Cognito Developer Guide, "IAM
// roles", services that unauthenticated identities can access). Services of which AWS lets them use some actions only, and
// that are none of ours, are left out.
const guestPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*","Action":[
"execute-api:*","lambda:*","s3:*","dynamodb:*","sqs:*","sns:*","firehose:*","kinesisanalytics:*","ses:*","mobileanalytics:*",
"sdb:*","appsync:*","geo:*","gamelift:*","iot:*","comprehend:*","lex:*","machinelearning:*","personalize:*","polly:*",
"rekognition:*","sagemaker:InvokeEndpoint","transcribe:*","translate:*","codewhisperer:*","cloudwatch:*","logs:*",
"cognito-identity:*","cognito-idp:*","cognito-sync:*","rum:PutRumEvents"]}}`
