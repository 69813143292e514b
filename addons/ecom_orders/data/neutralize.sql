-- A copy of the database must not talk to the shops of the original.
UPDATE ecom_channel
   SET state = 'paused',
       emergency_stop = true,
       api_key = NULL,
       api_secret = NULL,
       api_token = NULL,
       webhook_secret = NULL,
       webhook_token = md5(random()::text);
DELETE FROM ecom_channel_token;
DELETE FROM ecom_channel_key;
