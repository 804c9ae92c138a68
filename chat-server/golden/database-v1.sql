-- Rows as a server of form 1 wrote them: content and availability are the wire's JSON of the time. The tables are those
-- of migrations 1 to 5. Must read for ever.
INSERT INTO meta VALUES('epoch','ec8bb36779edb6fa');
INSERT INTO account VALUES(1,'ana','ana',0,NULL,'"away"',NULL,NULL,1795281984199);
INSERT INTO account VALUES(2,'ben','ben',NULL,'$argon2id$','"dnd"','in a meeting',1795282003000,1795281984300);
INSERT INTO room VALUES(1,0,'general','general',NULL,'what we do',1,1795281993873,'Everything.',NULL,0,1795281984180,0,NULL,10,75,4,1,1795281993855,3);
INSERT INTO room VALUES(2,0,'builds','builds',NULL,'green',1,1795281993866,NULL,NULL,0,1795281993866,1,NULL,3,0,2,1,1795281993950,2);
INSERT INTO member VALUES(1,1,0,2,1795281984203,7,4);
INSERT INTO member VALUES(2,1,2,0,1795281993868,3,2);
INSERT INTO item VALUES(1,1,1,1,1795281984203,1,NULL,NULL,NULL,NULL,'{"kind":"join"}');
INSERT INTO item VALUES(2,1,2,2,1795281984223,1,1,'79309d257ecc14ecb3f04a2821550d50',X'39aa583998e1eeeb1e345d7956316e55','plain message',NULL);
INSERT INTO item VALUES(3,1,3,5,1795281984231,1,2,'0365f68d22bfe78c79473bb893b1d654',X'ae5a35b95a541ca410e1be90a6b6cee8','edited, @ana','{"edited_at":1795281993844,"mentions":["U1"]}');
INSERT INTO item VALUES(4,1,4,6,1795281984236,1,3,'0ba523fe3821923413326cd0e2cd9e2e',X'113cdc3c13b6b1211861326ad9024fba',NULL,'{"kind":"deleted","deleted_at":1795281993850,"deleted_by":"U1"}');
INSERT INTO item VALUES(5,1,7,7,1795281993855,1,4,'828375b78cdd726a1d194650f26cd3b5',X'a296b76d6ce921b383005742eca1aace','fn main() {}','{"code":"rust"}');
INSERT INTO item VALUES(6,2,1,1,1795281993868,1,NULL,NULL,NULL,NULL,'{"kind":"join"}');
INSERT INTO item VALUES(7,1,8,8,1795281993873,1,NULL,NULL,NULL,NULL,'{"kind":"topic","topic":"what we do"}');
INSERT INTO item VALUES(8,1,9,9,1795281993878,1,NULL,NULL,NULL,NULL,'{"kind":"description","description":"Everything."}');
INSERT INTO item VALUES(9,1,10,10,1795281993892,1,NULL,NULL,NULL,NULL,'{"kind":"rsvp","answer":"attending"}');
INSERT INTO item VALUES(10,2,2,2,1795281993910,1,1,'3e686d3e554e287ea612837b11dc4d57',X'6134ad8a2482cbec3ece7b64cd660993','hello builds',NULL);
INSERT INTO item VALUES(11,2,3,3,1795281993950,1,2,'1b405cbb5904396613d66bb081c5330f',X'1dfd0bb3b82c1b91bbfcc66e97fedc19','release tokio pipeline tokio31089',NULL);
INSERT INTO version VALUES(3,1,'to be edited, @ana',1795281993844);
INSERT INTO mention VALUES(1,1,3);
INSERT INTO item_text (rowid, body) SELECT id, body FROM item WHERE body IS NOT NULL;
